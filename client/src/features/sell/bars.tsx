import type { Bar } from './proceeds';

const [HEIGHT, WIDTH, GAP, LABEL] = [110, 56, 10, 22];

/** A small bar chart; for those who do not see it, it is a table. */
export function Bars({ bars, label }: { bars: Bar[]; label: string }) {
  const most = Math.max(...bars.map(({ value }) => value), 1);
  return (
    <figure className="card p-4">
      <svg
        viewBox={`0 0 ${bars.length * (WIDTH + GAP)} ${HEIGHT + 2 * LABEL}`}
        aria-hidden
        className="max-h-52 w-full"
      >
        {bars.map(({ key, label: day, value, told }, index) => {
          const height = (value / most) * HEIGHT;
          const x = index * (WIDTH + GAP) + GAP / 2;
          return (
            <g key={key}>
              <rect
                x={x}
                y={LABEL + HEIGHT - height}
                width={WIDTH}
                height={height}
                rx="4"
                className="fill-accent"
              />
              <text
                x={x + WIDTH / 2}
                y={LABEL + HEIGHT - height - 6}
                textAnchor="middle"
                className="fill-ink text-xs"
              >
                {told}
              </text>
              <text
                x={x + WIDTH / 2}
                y={HEIGHT + 2 * LABEL - 5}
                textAnchor="middle"
                className="fill-muted text-xs"
              >
                {day}
              </text>
            </g>
          );
        })}
      </svg>
      <table className="sr-only">
        <caption>{label}</caption>
        <tbody>
          {bars.map(({ key, label: day, told }) => (
            <tr key={key}>
              <th scope="row">{day}</th>
              <td>{told}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <figcaption className="mt-2 text-sm text-muted">{label}</figcaption>
    </figure>
  );
}

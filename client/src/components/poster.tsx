import clsx from 'clsx';
import type { components } from '@/api/schema';

type Category = components['schemas']['Category'];

/** A ground and two inks for each kind of show. */
const INKS: Record<Category, [string, string, string]> = {
  concert: ['#3b1047', '#e5527a', '#ffd166'],
  sports: ['#0d3b3a', '#2a9d6f', '#f4f1bb'],
  theatre: ['#4a1420', '#c8553d', '#f2cc8f'],
  comedy: ['#4a2c06', '#e09f3e', '#fff3b0'],
  festival: ['#12264f', '#5fa8d3', '#ffb5a7'],
  family: ['#233d4d', '#619b8a', '#fcca46'],
  other: ['#2d2a32', '#8d86c9', '#f7ece1'],
};

/** A poster drawn from the show itself: the same show always has the same one, and no picture is fetched. */
export function Poster({ id, category, className }: { id: string; category: Category; className?: string }) {
  const [ground, ink, light] = INKS[category];
  const random = seeded(id);
  const rings = Array.from({ length: 4 }, (_, index) => 26 + index * (14 + random() * 12));
  const [x, y] = [40 + random() * 120, 20 + random() * 60];
  const tilt = Math.round(random() * 60 - 30);
  return (
    <svg
      viewBox="0 0 200 120"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden
      className={clsx('block', className)}
    >
      <rect width="200" height="120" fill={ground} />
      <g fill="none" stroke={ink} strokeWidth="7" opacity="0.75">
        {rings.map((radius) => (
          <circle key={radius} cx={x} cy={y} r={radius} />
        ))}
      </g>
      <circle cx={x} cy={y} r="15" fill={light} />
      <g fill={light} opacity="0.9" transform={`rotate(${tilt} 100 60)`}>
        {Array.from({ length: 7 }, (_, index) => (
          <rect key={index} x={18 + index * 26} y={96 - random() * 34} width="6" height="60" rx="3" />
        ))}
      </g>
    </svg>
  );
}

/** Numbers from 0 to 1 that follow from a text. */
function seeded(text: string): () => number {
  let state = 2_166_136_261;
  for (const character of text) state = Math.imul(state ^ character.charCodeAt(0), 16_777_619);
  return () => {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_507) + 0x9e3779b9;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

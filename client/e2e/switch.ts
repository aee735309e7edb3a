import { once } from 'node:events';
import { connect } from 'node:net';

type Service = 'auth' | 'tickets' | 'orders' | 'expiration' | 'payments';

/** Has a service die as by a power cut, does something, and starts it again whatever came of that. */
export async function without(service: Service, during: () => Promise<void>): Promise<void> {
  await tell(`kill ${service}`);
  try {
    await during();
  } finally {
    await tell(`start ${service}`);
  }
}

/** Whoever runs the journeys has the processes in hand, and takes wishes here. */
async function tell(wish: string): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: Number(process.env.STAGEDOOR_SWITCH) });
  socket.write(`${wish}\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (String(answer) !== 'done\n') throw new Error(`${wish}: ${String(answer)}`);
}

/** How a stream is: told to people only when it is away. */
export type Liveness = 'connecting' | 'live' | 'away';

type Handlers = Readonly<Record<string, (data: unknown) => void>>;

/** How long to wait before asking again, doubled each time in vain. */
const FIRST_WAIT_MILLIS = 1_000;
const LONGEST_WAIT_MILLIS = 30_000;

/**
 * Follows a stream of server-sent events until the function that is returned is called. A browser reconnects by
 * itself when a stream breaks off, but it gives up when it is told that a server is down, and for minutes it does
 * not notice that the network is gone.
 */
export function follow(
  url: string,
  handlers: Handlers,
  tell: (liveness: Liveness) => void = () => undefined,
): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMillis = FIRST_WAIT_MILLIS;

  const close = () => {
    clearTimeout(timer);
    source?.close();
  };
  const open = () => {
    close();
    const opened = new EventSource(url);
    source = opened;
    opened.addEventListener('open', () => {
      waitMillis = FIRST_WAIT_MILLIS;
      tell('live');
    });
    opened.addEventListener('error', () => {
      tell('away');
      if (opened.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, waitMillis);
      waitMillis = Math.min(2 * waitMillis, LONGEST_WAIT_MILLIS);
    });
    for (const [name, handle] of Object.entries(handlers)) {
      opened.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data)));
    }
  };
  const leave = () => {
    close();
    tell('away');
  };

  window.addEventListener('online', open);
  window.addEventListener('offline', leave);
  open();
  return () => {
    window.removeEventListener('online', open);
    window.removeEventListener('offline', leave);
    close();
  };
}

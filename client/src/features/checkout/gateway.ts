/**
 * How the page talks to the gateway's frames. A card number is typed into the gateway's own page and never
 * reaches ours: all that comes back is a token.
 */

/** What the card form says. */
export type CardMessage =
  | { type: 'card.ready' }
  | { type: 'card.token'; token: string }
  | { type: 'card.invalid' }
  | { type: 'card.unavailable' };

/** What the bank's page says. */
export type ChallengeMessage = { type: 'challenge.done' };

/** Where the card form is. */
export function cardFormUrl(locale: string, theme: string): string {
  return `/sandbox/v1/card-form?${new URLSearchParams({ locale, theme }).toString()}`;
}

/** Asks the card form for a token. */
export function askForToken(frame: HTMLIFrameElement): void {
  frame.contentWindow?.postMessage({ type: 'card.submit' }, frame.src);
}

/** Reads what a frame said; `undefined` for whatever comes from elsewhere or means nothing. */
export function heard(
  event: MessageEvent<unknown>,
  frame: HTMLIFrameElement | null,
): CardMessage | ChallengeMessage | undefined {
  if (!frame || event.source !== frame.contentWindow) return undefined;
  const data = event.data as Partial<Record<'type' | 'token', unknown>> | null;
  switch (data?.type) {
    case 'card.token':
      return typeof data.token === 'string' ? { type: 'card.token', token: data.token } : undefined;
    case 'card.ready':
    case 'card.invalid':
    case 'card.unavailable':
    case 'challenge.done':
      return { type: data.type };
    default:
      return undefined;
  }
}

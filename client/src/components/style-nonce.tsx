'use client';

import { setNonce } from 'get-nonce';

/** Tells Radix, which locks the page behind a dialog with a style of its own, the nonce that permits it. */
export function StyleNonce({ nonce }: { nonce: string }) {
  if (nonce) setNonce(nonce);
  return null;
}

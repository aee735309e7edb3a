'use client';

import { useEffect, useState } from 'react';
import type { Listing } from '@/api/client';

/** How the live view is: told to people only when it is away. */
export type Liveness = 'connecting' | 'live' | 'away';

/**
 * What is on sale for a show, as it changes: the page brings the first state, the stream each change after
 * it. A browser reconnects by itself and is sent what it missed; an older state than the known one is ignored.
 */
export function useLiveListings(showId: string, first: readonly Listing[]) {
  const [listings, setListings] = useState<ReadonlyMap<string, Listing>>(
    () => new Map(first.map((listing) => [listing.id, listing])),
  );
  const [liveness, setLiveness] = useState<Liveness>('connecting');

  useEffect(() => {
    const source = new EventSource(`/api/shows/${showId}/events`);
    source.addEventListener('open', () => setLiveness('live'));
    source.addEventListener('error', () => setLiveness('away'));
    // After a reset comes everything again, and then `ready`: what was not in it is not on sale any more.
    // Until then what is shown stays, and with it the focus of whoever is reading.
    let told: Set<string> | undefined;
    source.addEventListener('reset', (event) => {
      const { complete } = JSON.parse((event as MessageEvent<string>).data) as { complete: boolean };
      told = complete ? new Set() : undefined;
    });
    source.addEventListener('listing', (event) => {
      const listing = JSON.parse((event as MessageEvent<string>).data) as Listing;
      told?.add(listing.id);
      setListings((known) => merge(known, listing));
    });
    source.addEventListener('ready', () => {
      const all = told;
      told = undefined;
      if (all) setListings((known) => keepOnly(known, all));
    });
    return () => source.close();
  }, [showId]);

  return { listings: [...listings.values()], liveness };
}

/** Leaves out what is not among these. */
export function keepOnly(
  known: ReadonlyMap<string, Listing>,
  ids: ReadonlySet<string>,
): ReadonlyMap<string, Listing> {
  return new Map([...known].filter(([id]) => ids.has(id)));
}

/** Takes a state over unless a newer one is known. */
export function merge(known: ReadonlyMap<string, Listing>, listing: Listing): ReadonlyMap<string, Listing> {
  const before = known.get(listing.id);
  if (before && before.version > listing.version) return known;
  return new Map(known).set(listing.id, listing);
}

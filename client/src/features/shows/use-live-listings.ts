'use client';

import { useEffect, useState } from 'react';
import type { Listing } from '@/api/client';
import { type Liveness, follow } from '@/lib/event-stream';

/**
 * What is on sale for a show, as it changes: the page brings the first state, the stream each change after
 * it. An older state than the known one is ignored.
 */
export function useLiveListings(showId: string, first: readonly Listing[]) {
  const [listings, setListings] = useState<ReadonlyMap<string, Listing>>(
    () => new Map(first.map((listing) => [listing.id, listing])),
  );
  const [liveness, setLiveness] = useState<Liveness>('connecting');

  useEffect(() => {
    // After a reset comes everything again, and then `ready`: what was not in it is not on sale any more.
    // Until then what is shown stays, and with it the focus of whoever is reading.
    let told: Set<string> | undefined;
    const handlers = {
      reset: (data: unknown) => {
        told = (data as { complete: boolean }).complete ? new Set() : undefined;
      },
      listing: (data: unknown) => {
        const listing = data as Listing;
        told?.add(listing.id);
        setListings((known) => merge(known, listing));
      },
      ready: () => {
        const all = told;
        told = undefined;
        if (all) setListings((known) => keepOnly(known, all));
      },
    };
    return follow(`/api/shows/${showId}/events`, handlers, setLiveness);
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

'use client';

import { useEffect } from 'react';
import { mutate } from 'swr';

/** Has the browser keep the passes for the door, where there may be no network. */
export function KeepOffline() {
  useEffect(() => {
    const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    if (!workers) return undefined;
    const wasControlled = workers.controller !== null;
    const take = () => {
      if (!wasControlled) fetchAgain();
    };
    workers.addEventListener('controllerchange', take);
    // Without it everything works but this; nobody has to be told.
    workers.register('/sw.js').catch(() => undefined);
    return () => workers.removeEventListener('controllerchange', take);
  }, []);
  return null;
}

/** What came before the worker did is fetched once more, so that it passes through its hands. */
function fetchAgain(): void {
  const loaded = performance.getEntriesByType('resource').map((entry) => entry.name);
  const files = loaded.filter((name) => new URL(name).pathname.startsWith('/_next/static/'));
  for (const url of [window.location.href, ...new Set(files)]) void fetch(url).catch(() => undefined);
  void mutate(() => true);
}

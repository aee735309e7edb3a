/** Where somebody goes after signing in: only ever to a page of ours. */
export function nextPath(wanted: string | null | undefined): string {
  if (!wanted?.startsWith('/')) return '/';
  const base = 'http://here.invalid';
  const url = URL.parse(wanted, base);
  // `//elsewhere` and `/\elsewhere` are addresses of somebody else.
  if (!url || url.origin !== base) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}

import { learnTime } from '@/lib/server-clock';

/**
 * The browser's session. The tokens are in cookies that no script can read; all that is known here is that
 * somebody signed in, so that nobody else is asked for who they are in vain.
 */

const SIGNED_IN = 'stagedoor.signed-in';
const REFRESHED_AT = 'stagedoor.refreshed-at';
const REFRESH_LOCK = 'stagedoor.refresh';
/** Another tab has just done it: its cookies are ours as well. */
const JUST_NOW_MILLIS = 5_000;

export function mayBeSignedIn(): boolean {
  return typeof localStorage !== 'undefined' && localStorage.getItem(SIGNED_IN) !== null;
}

export function rememberSignIn(): void {
  localStorage.setItem(SIGNED_IN, '1');
}

export function forgetSignIn(): void {
  localStorage.removeItem(SIGNED_IN);
  localStorage.removeItem(REFRESHED_AT);
}

/** Sends a request; if the access token has run out, fetches a new one and sends it once more. */
export async function fetchWithSession(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await fetchAndLearnTime(request);
  if (response.status !== 401 || isAboutSigningIn(request) || !mayBeSignedIn()) return response;
  return (await refresh()) ? fetchAndLearnTime(again) : response;
}

async function fetchAndLearnTime(request: Request): Promise<Response> {
  const sentAt = Date.now();
  const response = await fetch(request);
  learnTime(response.headers.get('date'), sentAt, Date.now());
  return response;
}

/** What is answered with 401 here says that the credentials are wrong, and not that a token has run out. */
function isAboutSigningIn(request: Request): boolean {
  const { pathname } = new URL(request.url);
  return request.method === 'POST' && /^\/api\/users(\/sessions(\/refresh)?)?$/.test(pathname);
}

/** One tab at a time: a refresh token is good for one use. */
async function refresh(): Promise<boolean> {
  const asked = Date.now();
  return navigator.locks.request(REFRESH_LOCK, async () => {
    const last = Number(localStorage.getItem(REFRESHED_AT) ?? 0);
    if (last > asked - JUST_NOW_MILLIS) return true;
    const response = await fetch('/api/users/sessions/refresh', { method: 'POST' }).catch(() => undefined);
    // Nobody answered: the session may well be alive.
    if (!response || response.status >= 500) return false;
    if (!response.ok) {
      forgetSignIn();
      return false;
    }
    localStorage.setItem(REFRESHED_AT, String(Date.now()));
    return true;
  });
}

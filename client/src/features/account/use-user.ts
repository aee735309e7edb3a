'use client';

import useSWR, { mutate } from 'swr';
import { type User, answered, api } from '@/api/client';
import { Refusal } from '@/api/problem';
import { forgetSignIn, mayBeSignedIn, rememberSignIn } from '@/api/session';

const KEY = 'me';

async function whoAmI(): Promise<User | null> {
  if (!mayBeSignedIn()) return null;
  try {
    return await answered(api.GET('/api/users/me'));
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) {
      forgetSignIn();
      return null;
    }
    throw error;
  }
}

/** Who is signed in: a user, `null` for nobody, `undefined` while nobody knows. */
export function useUser(): { user: User | null | undefined; error: unknown } {
  const { data, error } = useSWR<User | null, unknown>(KEY, whoAmI, { revalidateOnFocus: true });
  return { user: data, error };
}

/** Somebody has signed in. */
export async function welcome(user: User): Promise<void> {
  rememberSignIn();
  await mutate(KEY, user, { revalidate: false });
}

/** The name or the like has changed. */
export async function refreshUser(): Promise<void> {
  await mutate(KEY);
}

/** Signs out here; what was kept of the account is forgotten. */
export async function signOut(): Promise<void> {
  await answered(api.DELETE('/api/users/sessions/current')).catch((error: unknown) => {
    // Signed out already is signed out.
    if (!(error instanceof Refusal && error.status === 401)) throw error;
  });
  forgetSignIn();
  navigator.serviceWorker?.controller?.postMessage('forget');
  await mutate(() => true, undefined, { revalidate: false });
  await mutate(KEY, null, { revalidate: false });
}

'use client';

import { useRouter, useSearchParams } from 'next/navigation';
import type { User } from '@/api/client';
import { nextPath } from './next-path';
import { welcome } from './use-user';

/** The way in, by signing in or up: the page that was asked for is where one lands. */
export function useEntrance() {
  const router = useRouter();
  const next = useSearchParams().get('next');
  return {
    /** What leads to the other way in, and on to the same page. */
    query: next ? { next } : {},
    enter: async (user: User): Promise<void> => {
      await welcome(user);
      router.replace(nextPath(next) as never);
    },
  };
}

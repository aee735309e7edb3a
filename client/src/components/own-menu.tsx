'use client';

import { CircleUserRound } from 'lucide-react';
import { useTranslations } from 'next-intl';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { DropdownMenu } from 'radix-ui';
import type { User } from '@/api/client';
import { signOut } from '@/features/account/use-user';

const ITEM =
  'flex min-h-11 cursor-pointer items-center rounded-lg px-3 outline-none data-highlighted:bg-sunken';

/** Everything of one's own, below one's name. */
export function OwnMenu({ user }: { user: User }) {
  const t = useTranslations('site');
  const router = useRouter();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="flex min-h-11 items-center gap-2 rounded-lg px-3 font-semibold hover:bg-sunken">
        <CircleUserRound aria-hidden className="size-5" />
        <span className="max-w-32 truncate max-sm:sr-only">{user.name}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className="card z-40 min-w-52 p-1.5 shadow-lg">
          <DropdownMenu.Item asChild className={ITEM}>
            <Link href="/orders">{t('myOrders')}</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild className={ITEM}>
            <Link href="/sell">{t('mySales')}</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild className={ITEM}>
            <Link href="/account">{t('account')}</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item
            className={ITEM}
            onSelect={() => {
              void signOut().then(() => router.push('/'));
            }}
          >
            {t('signOut')}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

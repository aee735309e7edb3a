import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import Link from 'next/link';
import { buttonClass } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';
import { SignedIn } from '@/features/account/signed-in';
import { MyListings } from '@/features/sell/my-listings';
import { Payouts } from '@/features/sell/payouts';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('sell');
  return { title: t('title'), robots: { index: false } };
}

export default async function SellPage({ searchParams }: { searchParams: Promise<{ listed?: string }> }) {
  const t = await getTranslations('sell');
  const { listed } = await searchParams;
  return (
    <div className="page max-w-4xl space-y-8">
      <div className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-2xl font-bold">{t('title')}</h1>
        <Link href="/sell/new" className={buttonClass()}>
          {t('new')}
        </Link>
      </div>
      {listed === '1' && (
        <Notice tone="good" title={t('listed')}>
          {t('listedHelp')}
        </Notice>
      )}
      <SignedIn>
        <div className="space-y-10">
          <section aria-labelledby="mine" className="space-y-4">
            <h2 id="mine" className="text-xl font-bold">
              {t('mine.title')}
            </h2>
            <MyListings />
          </section>
          <section aria-labelledby="payouts" className="space-y-4">
            <h2 id="payouts" className="text-xl font-bold">
              {t('payouts.title')}
            </h2>
            <Payouts />
          </section>
        </div>
      </SignedIn>
    </div>
  );
}

import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { SignedIn } from '@/features/account/signed-in';
import { OfferForm } from '@/features/sell/offer-form';
import { ShowPicker } from '@/features/sell/show-picker';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('sell');
  return { title: t('new'), robots: { index: false } };
}

interface Props {
  searchParams: Promise<{ show?: string; q?: string }>;
}

export default async function NewListingPage({ searchParams }: Props) {
  const t = await getTranslations('sell');
  const { show, q } = await searchParams;
  return (
    <div className="narrow max-w-2xl space-y-6">
      <div>
        <p className="text-sm font-semibold text-muted">{t('step', { step: show ? 2 : 1 })}</p>
        <h1 className="text-2xl font-bold">{t(show ? 'offer.title' : 'pick.title')}</h1>
      </div>
      <SignedIn>{show ? <OfferForm showId={show} /> : <ShowPicker query={q ? { q } : {}} />}</SignedIn>
    </div>
  );
}

import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Checkout } from '@/features/checkout/checkout';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('checkout');
  return { title: t('title'), robots: { index: false } };
}

export default async function CheckoutPage({ params }: { params: Promise<{ id: string }> }) {
  const t = await getTranslations('checkout');
  return (
    <div className="narrow space-y-6">
      <h1 className="text-2xl font-bold">{t('title')}</h1>
      <Checkout id={(await params).id} />
    </div>
  );
}

import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { SignedIn } from '@/features/account/signed-in';
import { OrderList } from '@/features/orders/order-list';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('orders');
  return { title: t('title'), robots: { index: false } };
}

export default async function OrdersPage() {
  const t = await getTranslations('orders');
  return (
    <div className="page max-w-3xl space-y-6">
      <h1 className="text-2xl font-bold">{t('title')}</h1>
      <SignedIn>
        <OrderList />
      </SignedIn>
    </div>
  );
}

import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { KeepOffline } from '@/features/orders/keep-offline';
import { OrderPage } from '@/features/orders/order-page';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('orders');
  return { title: t('order'), robots: { index: false } };
}

export default async function OneOrderPage({ params }: { params: Promise<{ id: string }> }) {
  return (
    <div className="page max-w-3xl">
      <KeepOffline />
      <OrderPage id={(await params).id} />
    </div>
  );
}

import { useTranslations } from 'next-intl';
import type { Order } from '@/api/client';
import { Badge } from '@/components/ui/badge';

const TONES = {
  awaiting_payment: 'warn',
  confirmed: 'accent',
  completed: 'accent',
  refunding: 'plain',
  refunded: 'plain',
  cancelled: 'plain',
  expired: 'plain',
} as const satisfies Record<Order['status'], string>;

export function OrderStatusBadge({ status }: { status: Order['status'] }) {
  const t = useTranslations('orders.status');
  return <Badge tone={TONES[status]}>{t(status)}</Badge>;
}

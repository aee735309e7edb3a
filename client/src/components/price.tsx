import { useLocale } from 'next-intl';
import { type Money, formatMoney } from '@/lib/money';

/** An amount of money, as the reader's language writes it. */
export function Price({ of, className }: { of: Money; className?: string }) {
  const locale = useLocale();
  return <span className={className}>{formatMoney(of, locale)}</span>;
}

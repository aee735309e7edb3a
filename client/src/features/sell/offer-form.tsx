'use client';

import { zodResolver } from '@hookform/resolvers/zod';
import { useLocale, useTranslations } from 'next-intl';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useDeferredValue, useState } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import useSWR from 'swr';
import { answered, api } from '@/api/client';
import { Button } from '@/components/ui/button';
import { Choice, Field } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { SkeletonList } from '@/components/ui/skeleton';
import { useShow } from '@/features/orders/use-order';
import { idempotencyKey } from '@/lib/idempotency-key';
import { formatMoney } from '@/lib/money';
import { showBesideFields, useFieldText } from '@/lib/use-form-problems';
import { useRefusalText } from '@/lib/use-refusal-text';
import { formatWhen } from '@/lib/when';
import { rereadMyListings } from './my-listings';
import { type Offer, bodyOf, offerSchema } from './schema';

const EMPTY: Offer = {
  section: '',
  admission: 'numbered',
  row: '',
  seats: '',
  quantity: '2',
  splitRule: 'any',
  price: '',
  currency: 'EUR',
};
const FIELDS = ['section', 'row', 'seats', 'quantity', 'splitRule', 'price'] as const;
const RULES = ['any', 'pairs', 'all_together'] as const;
const CURRENCIES = ['EUR', 'USD', 'GBP'] as const;

/** What seats, how they may be divided, and for how much; beside it what the seller gets and what others ask. */
export function OfferForm({ showId }: { showId: string }) {
  const t = useTranslations('sell.offer');
  const split = useTranslations('show.splitRule');
  const locale = useLocale();
  const text = useFieldText();
  const explain = useRefusalText();
  const router = useRouter();
  const { data: show, error } = useShow(showId);
  const [trouble, setTrouble] = useState<string>();
  const [key] = useState(idempotencyKey);
  const form = useForm<Offer>({
    resolver: zodResolver(offerSchema),
    defaultValues: EMPTY,
    mode: 'onTouched',
  });
  const { errors, isSubmitting } = form.formState;
  const offer = useWatch({ control: form.control }) as Offer;

  if (error && !show) return <Notice tone="bad" title={explain(error)} />;
  if (!show) return <SkeletonList label={t('loading')} count={3} />;

  const submit = async (values: Offer) => {
    setTrouble(undefined);
    const body = bodyOf(showId, values);
    try {
      await answered(
        api.POST('/api/listings', {
          params: { header: { 'Idempotency-Key': key.of(JSON.stringify(body)) } },
          body,
        }),
      );
      rereadMyListings();
      router.push('/sell?listed=1');
    } catch (refusal) {
      key.forgetIfAnswered(refusal);
      if (!showBesideFields(refusal, FIELDS, form.setError)) setTrouble(explain(refusal));
    }
  };

  return (
    <form onSubmit={(event) => void form.handleSubmit(submit)(event)} noValidate className="space-y-6">
      <div className="card p-4">
        <p className="font-semibold">{show.title}</p>
        <p className="text-sm text-muted">
          {formatWhen(show.startsAt, show.venue.timeZone, locale)} · {show.venue.name}, {show.venue.city}
        </p>
        <Link href="/sell/new" className="link text-sm">
          {t('otherShow')}
        </Link>
      </div>
      <fieldset className="card space-y-4 p-5">
        <legend className="float-left mb-2 w-full text-lg font-semibold">{t('seatsTitle')}</legend>
        <Field
          label={t('section')}
          hint={t('sectionHint')}
          error={text(errors.section)}
          {...form.register('section')}
        />
        <Choice label={t('admission')} {...form.register('admission')}>
          <option value="numbered">{t('numbered')}</option>
          <option value="general">{t('general')}</option>
        </Choice>
        {offer.admission === 'numbered' ? (
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={t('row')} error={text(errors.row)} {...form.register('row')} />
            <Field
              label={t('seats')}
              hint={t('seatsHint')}
              error={text(errors.seats)}
              {...form.register('seats')}
            />
          </div>
        ) : (
          <Field
            label={t('quantity')}
            inputMode="numeric"
            error={text(errors.quantity)}
            {...form.register('quantity')}
          />
        )}
        <Choice
          label={t('splitRule')}
          hint={t('splitHint')}
          error={text(errors.splitRule)}
          {...form.register('splitRule')}
        >
          {RULES.map((rule) => (
            <option key={rule} value={rule}>
              {split(rule)}
            </option>
          ))}
        </Choice>
      </fieldset>
      <fieldset className="card space-y-4 p-5">
        <legend className="float-left mb-2 w-full text-lg font-semibold">{t('priceTitle')}</legend>
        <div className="clear-both grid grid-cols-[minmax(0,1fr)_auto] gap-3">
          <Field
            label={t('price')}
            inputMode="decimal"
            error={text(errors.price)}
            {...form.register('price')}
          />
          <Choice label={t('currency')} {...form.register('currency')}>
            {CURRENCIES.map((currency) => (
              <option key={currency}>{currency}</option>
            ))}
          </Choice>
        </div>
        <Preview showId={showId} offer={offer} />
      </fieldset>
      {trouble && <Notice tone="bad" title={trouble} />}
      <Button type="submit" className="w-full sm:w-auto" disabled={isSubmitting} aria-busy={isSubmitting}>
        {isSubmitting ? t('publishing') : t('publish')}
      </Button>
    </form>
  );
}

/** What the offer would bring, what buyers would pay, and what others ask: the service says so, since it decides. */
function Preview({ showId, offer }: { showId: string; offer: Offer }) {
  const t = useTranslations('sell.offer');
  const locale = useLocale();
  const checked = offerSchema.safeParse(offer);
  const body = useDeferredValue(checked.success ? JSON.stringify(bodyOf(showId, checked.data)) : undefined);
  const { data } = useSWR(
    body === undefined ? null : `preview ${body}`,
    () =>
      answered(
        api.POST('/api/listings/preview', { body: JSON.parse(body ?? '') as ReturnType<typeof bodyOf> }),
      ),
    { keepPreviousData: true, revalidateOnFocus: false, shouldRetryOnError: false },
  );
  const amount = (amountCents: number) => formatMoney({ amountCents, currency: offer.currency }, locale);
  const others = data?.inShow;
  return (
    <div aria-live="polite" className="space-y-1 rounded-card bg-sunken p-4 text-sm">
      {!data && <p className="text-muted">{t('fillIn')}</p>}
      {data && (
        <>
          <p className="text-base">
            {t.rich('proceeds', {
              amount: amount(data.inAll.proceedsCents),
              count: data.quantity,
              strong: (words) => <strong>{words}</strong>,
            })}
          </p>
          <p>
            {t('buyersPay', {
              total: amount(data.perSeat.totalCents),
              fee: amount(data.perSeat.sellerFeeCents),
            })}
          </p>
          <p className="text-muted">
            {others
              ? t('range', {
                  lowest: formatMoney(others.lowest, locale),
                  median: formatMoney(others.median, locale),
                  highest: formatMoney(others.highest, locale),
                })
              : t('first')}
          </p>
        </>
      )}
    </div>
  );
}

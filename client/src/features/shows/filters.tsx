import { useTranslations } from 'next-intl';
import Form from 'next/form';
import { Button } from '@/components/ui/button';
import { CATEGORIES } from './categories';
import { SORTS, type ShowQuery } from './show-query';

/** The filters, all of them in the address: a list can be kept, sent and gone back to. */
export function Filters({ query, cities }: { query: ShowQuery; cities: string[] }) {
  const t = useTranslations('shows');
  const label = 'min-w-36 flex-1 text-sm font-semibold';
  return (
    <Form action="/shows" className="card flex flex-wrap items-end gap-3 p-4">
      <label className={label}>
        {t('filters.search')}
        <input name="q" className="input mt-1" maxLength={100} defaultValue={query.q ?? ''} />
      </label>
      <label className={label}>
        {t('filters.category')}
        <select name="category" className="input mt-1" defaultValue={query.category ?? ''}>
          <option value="">{t('filters.anyCategory')}</option>
          {CATEGORIES.map((category) => (
            <option key={category} value={category}>
              {t(`category.${category}`)}
            </option>
          ))}
        </select>
      </label>
      <label className={label}>
        {t('filters.city')}
        <input
          name="city"
          className="input mt-1"
          maxLength={80}
          list="cities"
          defaultValue={query.city ?? ''}
        />
      </label>
      <datalist id="cities">
        {cities.map((city) => (
          <option key={city} value={city} />
        ))}
      </datalist>
      <label className={label}>
        {t('filters.from')}
        <input name="from" type="date" className="input mt-1" defaultValue={query.from?.slice(0, 10) ?? ''} />
      </label>
      <label className={label}>
        {t('filters.to')}
        <input name="to" type="date" className="input mt-1" defaultValue={query.to?.slice(0, 10) ?? ''} />
      </label>
      <label className={label}>
        {t('filters.sort')}
        <select
          name="sort"
          className="input mt-1"
          defaultValue={query.sort ?? (query.q ? 'relevance' : 'soonest')}
        >
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {t(`filters.sorts.${sort}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="flex min-h-11 items-center gap-2 text-sm font-semibold">
        <input
          name="onSale"
          type="checkbox"
          value="1"
          className="size-5 accent-accent"
          defaultChecked={query.onSale === true}
        />
        {t('filters.onSale')}
      </label>
      <Button type="submit">{t('filters.apply')}</Button>
    </Form>
  );
}

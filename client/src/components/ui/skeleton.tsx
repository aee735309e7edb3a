import clsx from 'clsx';

/** Where something will be in a moment. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx('animate-pulse rounded-lg bg-sunken', className)} />;
}

/** A list that is on its way, said once to those who only hear the page. */
export function SkeletonList({ label, count = 4 }: { label: string; count?: number }) {
  return (
    <div role="status" aria-label={label} className="space-y-3">
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} className="h-24 w-full" />
      ))}
    </div>
  );
}

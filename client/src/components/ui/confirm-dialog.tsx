'use client';

import { useState } from 'react';
import { useRefusalText } from '@/lib/use-refusal-text';
import { Button } from './button';
import { Dialog } from './dialog';
import { Notice } from './notice';

/** Asks before something that cannot be taken back, does it, and says why if it cannot be done. */
export function ConfirmDialog({
  title,
  description,
  noLabel,
  yesLabel,
  closeLabel,
  onYes,
  onClose,
}: {
  title: string;
  description: string;
  noLabel: string;
  yesLabel: string;
  closeLabel: string;
  onYes: () => Promise<void>;
  onClose: () => void;
}) {
  const explain = useRefusalText();
  const [trouble, setTrouble] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const confirm = async () => {
    setIsBusy(true);
    try {
      await onYes();
      onClose();
    } catch (refusal) {
      setTrouble(explain(refusal));
      setIsBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={onClose} title={title} description={description} closeLabel={closeLabel}>
      {trouble && <Notice tone="bad" title={trouble} />}
      <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
        <Button look="secondary" onClick={onClose}>
          {noLabel}
        </Button>
        <Button look="danger" disabled={isBusy} aria-busy={isBusy} onClick={() => void confirm()}>
          {yesLabel}
        </Button>
      </div>
    </Dialog>
  );
}

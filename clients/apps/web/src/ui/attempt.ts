// A form that asks the server: busy meanwhile, and what was wrong is said at the field that it is about.

import type { RialtoError } from '@rialto/core';
import { useRef, useState, type FormEvent } from 'react';

import { faultText } from '../i18n/faults.ts';
import { useT } from '../i18n/texts.ts';

/** Which field a code is about. Everything else is about the form. */
export type FieldOfCode = Readonly<Record<string, string>>;

export interface Attempt {
  isBusy: boolean;
  /** By the name of the field; `form` for the whole. */
  errors: Readonly<Record<string, string | undefined>>;
  /** Does it; says whether it succeeded. */
  attempt: (work: () => Promise<unknown>) => Promise<boolean>;
  /** For a form's `onSubmit`. */
  submit: (work: () => Promise<unknown>) => (event: FormEvent<HTMLFormElement>) => void;
}

export function useAttempt(fields: FieldOfCode = {}): Attempt {
  const t = useT();
  const [isBusy, setBusy] = useState(false);
  // Its words may be wanted in another language by the time they are read.
  const [fault, setFault] = useState<{ field: string; code: string }>();
  const isRunning = useRef(false);

  const attempt = async (work: () => Promise<unknown>, form?: HTMLFormElement): Promise<boolean> => {
    if (isRunning.current) return false;
    isRunning.current = true;
    setBusy(true);
    setFault(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      const code = (error as Partial<RialtoError>).code ?? 'client.fault';
      if (code === 'client.fault') console.error(error);
      const field = fields[code] ?? 'form';
      setFault({ field, code });
      const named = form?.elements.namedItem(field);
      // A reader tells the field and, tied to it, what is wrong.
      if (named instanceof HTMLElement) named.focus();
      return false;
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  };

  return {
    isBusy,
    errors: fault ? { [fault.field]: faultText(t, fault) } : {},
    attempt: (work) => attempt(work),
    submit: (work) => (event) => {
      event.preventDefault();
      void attempt(work, event.currentTarget);
    },
  };
}

// A labelled field, with what is said about it tied to it.

import { useId, useState, type ComponentProps, type ReactNode } from 'react';

import { useT } from '../i18n/texts.ts';
import { IconButton } from './Button.tsx';
import { Icon } from './Icon.tsx';
import styles from './Field.module.css';

export interface FieldProps extends ComponentProps<'input'> {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  after?: ReactNode;
}

export function Field({ label, hint, error, after, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box}>
        <input {...rest} id={id} aria-invalid={error ? true : undefined} aria-describedby={error || hint ? `${id}-said` : undefined} />
        {after}
      </div>
      {/* What went wrong says what the hint does, and takes its place. */}
      {error ? (
        <p id={`${id}-said`} className={styles.error}>
          <Icon name="info" size={16} />
          {error}
        </p>
      ) : (
        hint && (
          <p id={`${id}-said`} className={styles.hint}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

/** With a button that shows what was typed. */
export function PasswordField(props: Omit<FieldProps, 'type' | 'after'>) {
  const t = useT();
  const [isShown, setShown] = useState(false);
  return (
    <Field
      {...props}
      dir="ltr"
      type={isShown ? 'text' : 'password'}
      autoCapitalize="none"
      spellCheck={false}
      after={<IconButton icon="eye" label={t('field.showPassword')} aria-pressed={isShown} onClick={() => setShown(!isShown)} />}
    />
  );
}

export function TextArea({ label, ...rest }: ComponentProps<'textarea'> & { label: string }) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box}>
        <textarea rows={3} {...rest} id={id} />
      </div>
    </div>
  );
}

export function Select<V extends string>({ label, value, options, onChoose }: { label: string; value: V; options: readonly { value: V; label: string }[]; onChoose: (value: V) => void }) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box}>
        <select id={id} value={value} onChange={(event) => onChoose(event.target.value as V)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

export function Choice<V extends string>({ legend, value, options, onChoose }: { legend: string; value: V; options: readonly { value: V; label: string; hint?: string }[]; onChoose: (value: V) => void }) {
  const name = useId();
  return (
    <fieldset className={styles.choice}>
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onChoose(option.value)} />
          <span>
            {option.label}
            {option.hint && <small>{option.hint}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export function Switch({ label, hint, isOn, onSwitch }: { label: string; hint?: string; isOn: boolean; onSwitch: (isOn: boolean) => void }) {
  return (
    <label className={styles.switch}>
      <span>
        {label}
        {hint && <small>{hint}</small>}
      </span>
      <input type="checkbox" role="switch" checked={isOn} onChange={(event) => onSwitch(event.target.checked)} />
    </label>
  );
}

/** What went wrong with a form as a whole. */
export function FormError({ text }: { text: string | undefined }) {
  return text ? (
    <p className={styles.formError} role="alert">
      <Icon name="info" size={16} />
      {text}
    </p>
  ) : null;
}

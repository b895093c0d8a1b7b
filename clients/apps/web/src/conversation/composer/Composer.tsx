// Where one writes.

import { makeSelectTimeline, selectDraft, selectMe, selectMessage, type Profile, type Seq } from '@rialto/core';
import { useEffect, useId, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type ClipboardEvent, type KeyboardEvent, type ReactNode, type Ref } from 'react';

import { isShallowlySame, useRialto, useRialtoState } from '../../app/rialto.tsx';
import { announce } from '../../ui/announce.tsx';
import { toast } from '../../ui/toast.tsx';
import { textOf } from '../actions/actions.ts';
import { Floating } from '../emoji/Floating.tsx';
import { LazyEmojiPicker } from '../emoji/lazy.tsx';
import { CloseIcon, EditIcon, ReplyIcon, SendIcon, SmileIcon } from '../icons.tsx';
import { useSummary } from '../message/Body.tsx';
import { Name } from '../message/Name.tsx';
import { useQuoted } from '../message/Quote.tsx';
import { useTalk } from '../talk.ts';
import { EVERYONE, mentionsIn, type Mentioned } from '../text/spans.ts';
import { useReason } from '../words/faults.ts';
import { useWords } from '../words/words.ts';
import { completed, completingAt, type Completing } from './completion.ts';
import { Silence } from './Silence.tsx';
import { Suggestions, useSuggestions } from './Suggestions.tsx';
import styles from './Composer.module.css';

export interface ComposerHandle {
  reply(to: Seq): void;
  edit(message: Seq): void;
  focus(): void;
}

interface Draft {
  text: string;
  replyTo?: Seq;
  editing?: Seq;
}

const EMPTY: Draft = { text: '' };
/** While one types, a draft is kept so often. */
const KEEP_MS = 200;
const DEFAULT_BODY_BYTES = 16_384;

export function Composer({ onSent, ref }: { onSent: () => void; ref: Ref<ComposerHandle> }) {
  const { rights } = useTalk();
  return rights.write ? <Writing onSent={onSent} ref={ref} /> : <Silence />;
}

function Writing({ onSent, ref }: { onSent: () => void; ref: Ref<ComposerHandle> }) {
  const t = useWords();
  const reason = useReason();
  const id = useId();
  const rialto = useRialto();
  const { messages } = rialto;
  const { channel, rights } = useTalk();
  const field = useRef<HTMLTextAreaElement>(null);
  const enterSends = useRialtoState((state) => state.settings.preferences.enterSends);
  const limit = useRialtoState((state) => state.session.limits?.body_bytes ?? DEFAULT_BODY_BYTES);
  const [draft, setDraft, keep] = useDraft(channel);
  const [completing, setCompleting] = useState<Completing>();
  const [picker, setPicker] = useState<DOMRect>();
  /** What was being written when an edit began. */
  const aside = useRef<Draft>(EMPTY);
  const people = useMembers(channel);
  const suggestions = useSuggestions(completing, people, rights.mentionAll);
  const { text, replyTo, editing } = draft;

  const left = limit - bytesOf(text, limit);
  const isEmpty = text.trim() === '';
  const isTooLong = left < 0;

  // ── growing ──

  useLayoutEffect(() => {
    const element = field.current!;
    if (CSS.supports('field-sizing', 'content')) return;
    element.style.blockSize = 'auto';
    element.style.blockSize = `${element.scrollHeight + 2}px`;
  }, [text]);

  // Where there is a keyboard, one opens a conversation to write.
  useEffect(() => {
    if (!matchMedia('(hover: none)').matches && !document.querySelector('dialog[open]')) field.current?.focus({ preventScroll: true });
  }, []);

  // The caret is put with the text it belongs to: a frame later it would jump under what was typed meanwhile.
  const caret = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (caret.current === undefined) return;
    field.current!.focus();
    field.current!.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  });
  const putCaret = (at: number) => {
    caret.current = at;
    // A menu that closes gives the focus back to what it was about.
    requestAnimationFrame(() => field.current?.focus());
  };

  // ── replying and editing ──

  const begin = (next: Draft) => {
    setDraft(next);
    setCompleting(undefined);
    putCaret(next.text.length);
  };
  const edit = (seq: Seq) => {
    const message = selectMessage(rialto.store.getState(), channel, seq);
    const said = message && textOf(message as Parameters<typeof textOf>[0]);
    if (said === undefined) return;
    if (editing === undefined) aside.current = draft;
    begin({ text: said, editing: seq });
  };
  useImperativeHandle(ref, () => ({
    reply: (to) => begin({ text: editing === undefined ? text : aside.current.text, replyTo: to }),
    edit,
    focus: () => field.current?.focus(),
  }));
  const cancel = () => {
    begin(editing === undefined ? { text } : aside.current);
    aside.current = EMPTY;
  };

  /** One's newest text that can still be changed. */
  const selectTimeline = useMemo(makeSelectTimeline, []);
  const editLast = () => {
    const { rows } = selectTimeline(rialto.store.getState(), { channel, timeZone: 'UTC' });
    const last = rows.findLast((row) => row.type === 'message' && row.isMine && row.seq !== undefined && !row.isDeleted && !row.forwardedFrom && textOf(row) !== undefined);
    if (last?.type === 'message') edit(last.seq!);
  };

  // ── sending ──

  const send = () => {
    if (isEmpty || isTooLong) return;
    const said = text.trim();
    const mentions = mentionsIn(said, possible(people, rights.mentionAll));
    setCompleting(undefined);
    if (editing === undefined) {
      messages.send(channel, said, { ...(replyTo !== undefined && { replyTo }), ...(mentions && { mentions }) });
      setDraft(EMPTY);
      keep(EMPTY);
      onSent();
      return;
    }
    const edited = draft;
    setDraft(aside.current);
    keep(aside.current);
    aside.current = EMPTY;
    messages.edit(channel, editing, said, mentions).then(
      () => announce(t('done.edited')),
      (error: { code?: string }) => {
        toast(reason({ code: error.code ?? '' }));
        // What was written is not lost with the connection.
        setDraft((now) => (now.text === '' ? edited : now));
      },
    );
  };

  const change = (next: string, at: number) => {
    if (next !== text && next !== '') messages.type(channel);
    setDraft((before) => ({ ...before, text: next }));
    setCompleting(completingAt(next, at));
  };

  const choose = (at: number) => {
    const chosen = suggestions.list[at];
    if (!chosen || !completing) return;
    const next = completed(text, completing, chosen.insert);
    setDraft((before) => ({ ...before, text: next.text }));
    setCompleting(undefined);
    putCaret(next.caret);
  };

  const keyed = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Keys that belong to an input method are not ours: 229 is what some browsers tell of the last one.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const isSuggesting = completing !== undefined && suggestions.list.length > 0;
    if (isSuggesting && suggestions.step(event.key)) return event.preventDefault();
    if (isSuggesting && (event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) {
      event.preventDefault();
      return choose(suggestions.at);
    }
    if (event.key === 'Escape') {
      if (isSuggesting) setCompleting(undefined);
      else if (replyTo !== undefined || editing !== undefined) cancel();
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === 'ArrowUp' && text === '' && !event.altKey && !event.shiftKey && !event.ctrlKey && !event.metaKey && editing === undefined) {
      event.preventDefault();
      return editLast();
    }
    if (event.key !== 'Enter') return;
    const isSend = enterSends ? !event.shiftKey && !event.altKey : event.ctrlKey || event.metaKey;
    if (!isSend) return;
    event.preventDefault();
    send();
  };

  const pasted = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    // Plain text is all that a message has; a picture alone would silently be nothing.
    if (event.clipboardData.files.length > 0 && !event.clipboardData.types.includes('text/plain')) {
      event.preventDefault();
      toast(t('composer.noFiles'));
    }
  };

  const insert = (emoji: string) => {
    const element = field.current!;
    const { selectionStart: from, selectionEnd: to } = element;
    setPicker(undefined);
    setDraft((before) => ({ ...before, text: before.text.slice(0, from) + emoji + before.text.slice(to) }));
    putCaret(from + emoji.length);
  };

  const listId = `${id}-suggestions`;
  const isOpen = suggestions.list.length > 0;
  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {isOpen && <Suggestions id={listId} suggestions={suggestions} onChoose={choose} />}
      {replyTo !== undefined && <Answering seq={replyTo} onCancel={cancel} />}
      {editing !== undefined && <Editing onCancel={cancel} seq={editing} />}
      <div className={styles.line}>
        <button
          type="button"
          className={styles.button}
          aria-label={t('composer.emoji')}
          title={t('composer.emoji')}
          aria-haspopup="dialog"
          aria-expanded={picker !== undefined}
          onClick={(event) => setPicker(event.currentTarget.getBoundingClientRect())}
        >
          <SmileIcon />
        </button>
        <textarea
          ref={field}
          className={styles.field}
          rows={1}
          dir="auto"
          value={text}
          aria-label={t('composer.name')}
          placeholder={t('composer.name')}
          aria-autocomplete="list"
          aria-controls={isOpen ? listId : undefined}
          aria-activedescendant={isOpen ? `${listId}-${suggestions.at}` : undefined}
          aria-describedby={left < limit / 10 ? `${id}-left` : undefined}
          aria-invalid={isTooLong || undefined}
          autoComplete="off"
          enterKeyHint={enterSends ? 'send' : 'enter'}
          onChange={(event) => change(event.target.value, event.target.selectionEnd)}
          onSelect={({ currentTarget }) => completing && setCompleting(completingAt(currentTarget.value, currentTarget.selectionEnd))}
          onKeyDown={keyed}
          onPaste={pasted}
          onBlur={() => setCompleting(undefined)}
        />
        <button type="submit" className={styles.send} aria-label={editing === undefined ? t('composer.send') : t('composer.save')} title={editing === undefined ? t('composer.send') : t('composer.save')} aria-disabled={isEmpty || isTooLong}>
          <SendIcon />
        </button>
      </div>
      {left < limit / 10 && (
        <div id={`${id}-left`} className={styles.left} data-over={isTooLong || undefined}>
          {isTooLong ? t('composer.over', { count: -left }) : t('composer.left', { count: left })}
        </div>
      )}
      {picker && (
        <Floating label={t('composer.emoji')} place={picker} onClose={() => setPicker(undefined)}>
          <LazyEmojiPicker onPick={insert} />
        </Floating>
      )}
    </form>
  );
}

function Answering({ seq, onCancel }: { seq: Seq; onCancel: () => void }) {
  const t = useWords();
  const { channel } = useTalk();
  const message = useQuoted(channel, seq);
  return (
    <About icon={<ReplyIcon />} cancel={t('composer.cancelReply')} seq={seq} onCancel={onCancel}>
      {t('composer.answering')} {message && <Name user={message.sender} />}
    </About>
  );
}

function Editing({ seq, onCancel }: { seq: Seq; onCancel: () => void }) {
  const t = useWords();
  return (
    <About icon={<EditIcon />} cancel={t('composer.cancelEdit')} seq={seq} onCancel={onCancel}>
      {t('composer.editing')}
    </About>
  );
}

/** The message that what one writes is about. */
function About({ icon, cancel, seq, onCancel, children }: { icon: ReactNode; cancel: string; seq: Seq; onCancel: () => void; children: ReactNode }) {
  const { channel } = useTalk();
  const summary = useSummary();
  const message = useQuoted(channel, seq);
  return (
    <div className={styles.bar}>
      {icon}
      <div className={styles.about}>
        <div>{children}</div>
        <div className={styles.quoted} dir="auto">
          {message && summary(message.body)}
        </div>
      </div>
      <button type="button" className={styles.button} aria-label={cancel} title={cancel} onClick={onCancel}>
        <CloseIcon />
      </button>
    </div>
  );
}

/** The members who can be called, as far as they are known; not oneself. */
function useMembers(channel: string): Profile[] {
  const me = useRialtoState(selectMe);
  return useRialtoState(
    (state) => (state.people.members[channel]?.list ?? []).flatMap(({ user }) => (user === me ? [] : (state.people.profiles[user] ?? []))),
    isShallowlySame,
  );
}

function possible(people: readonly Profile[], isAll: boolean): Mentioned[] {
  const mentioned = people.map((profile): Mentioned => ({ user: profile.id, names: [profile.username ?? profile.display_name] }));
  return isAll ? [...mentioned, { names: [EVERYONE] }] : mentioned;
}

const encoder = new TextEncoder();

/** Only near the limit it is worth counting exactly. */
function bytesOf(text: string, limit: number): number {
  return text.length * 3 < limit * 0.9 ? text.length : encoder.encode(text).length;
}

type SetDraft = (next: Draft | ((before: Draft) => Draft)) => void;

/** What is being written, kept on this device a moment after each change, and at once when one leaves. */
function useDraft(channel: string): [Draft, SetDraft, (draft: Draft) => void] {
  const { messages } = useRialto();
  const kept = useRialtoState((state) => selectDraft(state, channel));
  const [draft, setDraft] = useState<Draft>(kept ?? EMPTY);
  /** What this composer and the store last agreed on. */
  const agreed = useRef<Draft>(kept ?? EMPTY);
  const current = useRef(draft);
  current.current = draft;

  const keep = (next: Draft) => {
    if (isSame(next, agreed.current)) return;
    agreed.current = next;
    messages.draft(channel, next);
  };

  // From another tab, or from the storage, once that was read.
  useEffect(() => {
    const told = kept ?? EMPTY;
    if (isSame(told, agreed.current)) return;
    const isPristine = isSame(current.current, agreed.current);
    agreed.current = told;
    if (isPristine) setDraft(told);
  }, [kept]);

  const keptAt = useRef(-Infinity);
  useEffect(() => {
    if (isSame(draft, agreed.current)) return undefined;
    // The first change at once (after it was painted), what follows fast now and then.
    const timer = setTimeout(() => {
      keptAt.current = performance.now();
      keep(draft);
    }, Math.max(0, keptAt.current + KEEP_MS - performance.now()));
    return () => clearTimeout(timer);
  });
  useEffect(() => {
    const leave = () => keep(current.current);
    // Before those who then write to the storage.
    addEventListener('visibilitychange', leave, { capture: true });
    addEventListener('pagehide', leave, { capture: true });
    addEventListener('beforeunload', leave, { capture: true });
    return () => {
      removeEventListener('visibilitychange', leave, { capture: true });
      removeEventListener('pagehide', leave, { capture: true });
      removeEventListener('beforeunload', leave, { capture: true });
      leave();
    };
  }, []);
  return [draft, setDraft, keep];
}

const isSame = (one: Draft, other: Draft): boolean => one.text === other.text && one.replyTo === other.replyTo && one.editing === other.editing;

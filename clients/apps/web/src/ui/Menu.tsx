// A menu of actions in the browser's top layer: arrow keys, Home, End, first letters; Esc or a click elsewhere ends it.

import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';

import { IconButton } from './Button.tsx';
import { Icon, type IconName } from './Icon.tsx';
import styles from './Menu.module.css';

export interface MenuItem {
  label: string;
  icon?: IconName;
  isDanger?: boolean;
  onSelect: () => void;
}

/** Where it opens: below a button, or at a point. */
export type MenuPlace = { left: number; right: number; top: number; bottom: number };

export function Menu({ label, items, place, onClose }: { label: string; items: readonly MenuItem[]; place: MenuPlace; onClose: () => void }) {
  const ref = useRef<HTMLDivElement>(null);
  const opener = useRef<Element | null>(null);

  useLayoutEffect(() => {
    const menu = ref.current!;
    opener.current ??= document.activeElement;
    menu.showPopover?.();
    putAt(menu, place);
    menu.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    // A press beside it ends it. Left to the browser, a press is over when the finger is lifted, and a menu that opened under a long
    // press would go with that finger.
    const press = (event: Event) => !menu.contains(event.target as Node) && onClose();
    addEventListener('pointerdown', press, true);
    return () => removeEventListener('pointerdown', press, true);
  }, []);
  useEffect(
    () => () => {
      const isLost = document.activeElement === document.body || document.activeElement === null;
      if (isLost && opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus();
    },
    [],
  );

  const move = (event: KeyboardEvent) => {
    const all = [...ref.current!.querySelectorAll<HTMLElement>('[role=menuitem]')];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = stepOf(event.key, at, all);
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      onClose();
    }
    if (to === undefined) return;
    event.preventDefault();
    all[to]?.focus();
  };

  return (
    <div ref={ref} popover="manual" role="menu" aria-label={label} className={styles.menu} onKeyDown={move}>
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={item.isDanger ? styles.danger : ''}
          onClick={(event) => {
            event.stopPropagation();
            // First: what it opens gives the focus back to where it was then.
            if (opener.current instanceof HTMLElement) opener.current.focus();
            onClose();
            item.onSelect();
          }}
        >
          {item.icon && <Icon name={item.icon} />}
          {item.label}
        </button>
      ))}
    </div>
  );
}

/** Which item a key leads to. */
function stepOf(key: string, at: number, all: readonly HTMLElement[]): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return (at + 1) % all.length;
    case 'ArrowUp':
      return (at - 1 + all.length) % all.length;
    case 'Home':
      return 0;
    case 'End':
      return all.length - 1;
  }
  if (key.length !== 1) return undefined;
  const order = [...all.keys()].map((offset) => (at + 1 + offset) % all.length);
  return order.find((index) => all[index]!.textContent!.toLowerCase().startsWith(key.toLowerCase()));
}

const MARGIN_PX = 8;

function putAt(menu: HTMLElement, place: MenuPlace): void {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const isRightToLeft = getComputedStyle(menu).direction === 'rtl';
  const left = isRightToLeft ? place.right - width : place.left;
  const below = place.bottom + 4;
  const top = below + height > innerHeight - MARGIN_PX ? place.top - height - 4 : below;
  menu.style.left = `${Math.max(MARGIN_PX, Math.min(left, innerWidth - width - MARGIN_PX))}px`;
  menu.style.top = `${Math.max(MARGIN_PX, top)}px`;
}

/** Whatever opens a menu: give `open` to the button's click, or to `onContextMenu`. */
export function useMenu(label: string, items: readonly MenuItem[]) {
  const [place, setPlace] = useState<MenuPlace>();
  const open = (event: MouseEvent<HTMLElement>) => {
    event.preventDefault();
    const box = event.currentTarget.getBoundingClientRect();
    // By key (and by a click on the button) it opens at the thing; by the right button, at the pointer.
    const isAtPointer = event.type === 'contextmenu' && (event.clientX !== 0 || event.clientY !== 0) && event.button === 2;
    setPlace(isAtPointer ? { left: event.clientX, right: event.clientX, top: event.clientY, bottom: event.clientY } : box);
  };
  return { open, isOpen: place !== undefined, menu: place && <Menu label={label} items={items} place={place} onClose={() => setPlace(undefined)} /> };
}

export function MenuButton({ label, icon = 'more', items, className }: { label: string; icon?: IconName; items: readonly MenuItem[]; className?: string | undefined }) {
  const { open, isOpen, menu } = useMenu(label, items);
  return (
    <>
      <IconButton icon={icon} label={label} aria-haspopup="menu" aria-expanded={isOpen} onClick={open} {...(className && { className })} />
      {menu}
    </>
  );
}

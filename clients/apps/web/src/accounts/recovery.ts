// Which recovery keys their owners have said to have kept. They are shown until then.

const NAME = 'rialto.recovery-keys-kept';

function kept(): string[] {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? '[]') as string[];
  } catch {
    return [];
  }
}

export const isRecoveryKeyKept = (user: string): boolean => kept().includes(user);

export function keepRecoveryKey(user: string): void {
  try {
    localStorage.setItem(NAME, JSON.stringify([...new Set([...kept(), user])]));
  } catch {
    // Then it is shown again; better than not at all.
  }
}

/** The result is in the state when the promise is fulfilled; who calls need not have it twice. */
export const done = async (promise: Promise<unknown>): Promise<void> => void (await promise);

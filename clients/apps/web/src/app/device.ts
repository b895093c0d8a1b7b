// What this device is called in the list of log-ins, so that its owner recognises it.

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg/, 'Edge'],
  [/OPR/, 'Opera'],
  [/Firefox|FxiOS/, 'Firefox'],
  [/Chrome|CriOS/, 'Chrome'],
  [/Safari/, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Windows/, 'Windows'],
  [/Mac OS/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

/** Like `Firefox, Linux`. */
export function thisDevice(userAgent: string): string {
  const first = (names: readonly [RegExp, string][]) => names.filter(([sign]) => sign.test(userAgent)).map(([, name]) => name)[0];
  return [first(BROWSERS), first(SYSTEMS)].filter(Boolean).join(', ') || 'browser';
}

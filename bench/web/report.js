// The figures as a page for people, beside the goals.

export function report({ surroundings, figures }, goals) {
  const { at, cpus, processor, browser, load } = surroundings;
  const lines = figures.map(({ what, count, p50, p95, worst }) => {
    const goal = goals[what];
    const said = goal ? Object.entries(goal).map(([figure, limit]) => `${figure} ≤ ${limit}: ${{ p50, p95, worst }[figure] <= limit ? 'met' : '**missed**'}`) : [];
    return `| ${what} | ${count} | ${p50} | ${p95} | ${worst} | ${said.join('; ')} |`;
  });
  return `# The web client, measured
${at.slice(0, 10)}, Chromium ${browser} headless, ${cpus} × ${processor}, load ${load.toFixed(1)} at the beginning. Milliseconds unless said otherwise. \`make bench-web\` does it again.

| | n | p50 | p95 | worst | goal |
|---|---|---|---|---|---|
${lines.join('\n')}
`;
}

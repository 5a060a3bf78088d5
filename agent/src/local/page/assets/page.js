// Redraws the charts with uPlot, and brings what changed. The page says everything without this.
'use strict';
(() => {
  const SEPARATOR = '\u001f';
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const lang = document.documentElement.lang;

  const scaled = (value, unit) => {
    if (value == null) return '–';
    const round = (v) => Math.abs(v) >= 100 || v % 1 === 0 ? Math.round(v).toLocaleString(lang) : v.toPrecision(3);
    if (unit === 'Percent') return round(value) + '%';
    if (unit === 'Bytes') {
      const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
      let at = 0;
      while (Math.abs(value) >= 1024 && at + 1 < names.length) { value /= 1024; at += 1; }
      return round(value) + ' ' + names[at];
    }
    if (unit === 'Milliseconds') return round(value) + ' ms';
    if (unit === 'Seconds') return round(value) + ' s';
    return round(value);
  };

  // One grid of times: what was, and where there is a trend, as much again by half ahead.
  const shape = (data) => {
    const count = data.lines[0].length;
    const steps = data.ahead ? Math.floor(count / 2) : 0;
    const times = Array.from({ length: count + steps }, (_, at) => data.start + at * data.period);
    const lines = data.lines.map((line) => line.concat(new Array(steps).fill(null)));
    if (data.ahead) {
      const now = data.start + count * data.period;
      const along = (slope) => times.map((time) => time < now ? null : data.ahead.level + slope * (time - now) / 86400);
      lines.push(along(data.ahead.per_day), along(data.ahead.high), along(data.ahead.low));
    }
    return [times, ...lines];
  };

  // As both languages write it: 24 hours, and the day where one begins.
  const clock = (times, step) => times.map((time) => {
    const moment = new Date(time * 1000);
    const begins = moment.getHours() + moment.getMinutes() === 0;
    return moment.toLocaleString(lang, step >= 86400 || (step >= 3600 && begins)
      ? { month: 'numeric', day: 'numeric' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  });

  // Steps of time: what the clock shows has no seconds.
  const MOMENTS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400].map((minutes) => minutes * 60);
  // Steps of a scale: bytes are counted in powers of two.
  const steps = (unit) => unit === 'Bytes' ? { incrs: Array.from({ length: 50 }, (_, at) => 2 ** at) } : {};
  const wide = (_, values) => values ? 14 + 7 * Math.max(...values.map((value) => value.length)) : 50;

  // A value between two gaps is a dot, not nothing.
  const alone = (u, line, shown) => shown ? null : u.data[line].reduce((found, value, at, all) =>
    value != null && all[at - 1] == null && all[at + 1] == null ? found.concat(at) : found, []);

  const draw = (figure, data) => {
    const plot = figure.querySelector('.plot');
    const unit = figure.dataset.unit;
    const labels = figure.dataset.labels.split(SEPARATOR);
    const top = Number(figure.dataset.top) || 0;
    const series = [{}];
    data.lines.forEach((_, at) => series.push({ label: labels[at], stroke: () => style('--l' + at), width: 1.5, spanGaps: false, points: { size: 4, filter: alone } }));
    const bands = [];
    if (data.ahead) {
      series.push({ label: '→', stroke: () => style('--l0'), dash: [5, 4], width: 1.2 });
      series.push({ stroke: 'transparent', points: { show: false } }, { stroke: 'transparent', points: { show: false } });
      bands.push({ series: [data.lines.length + 2, data.lines.length + 3], fill: () => style('--likely') });
    }
    const tip = document.createElement('div');
    tip.className = 'tip';
    tip.hidden = true;
    const axis = { stroke: () => style('--soft'), grid: { stroke: () => style('--grid'), width: 1 }, ticks: { show: false } };
    const options = {
      width: plot.clientWidth, height: 170, series, bands, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } },
      scales: { y: { range: (_, low, high) => [Math.min(0, low), top || Math.max(high * 1.05, 1e-9) || 1] } },
      axes: [{ ...axis, incrs: MOMENTS, size: 26, gap: 6, values: (_, times, at, space, step) => clock(times, step) }, { ...axis, ...steps(unit), size: wide, gap: 6, values: (_, values) => values.map((value) => scaled(value, unit)) }],
      hooks: { setCursor: [(u) => {
        const at = u.cursor.idx;
        tip.hidden = at == null || u.data[1][at] == null;
        if (tip.hidden) return;
        const when = new Date(u.data[0][at] * 1000).toLocaleString(lang);
        tip.textContent = when + '  ' + labels.map((label, n) => label + ' ' + scaled(u.data[n + 1][at], unit)).join('  ');
      }] },
    };
    plot.replaceChildren(tip);
    figure.chart = new uPlot(options, shape(data), plot);
  };

  const load = async (figure) => {
    const query = new URLSearchParams({ range: figure.dataset.range });
    figure.dataset.lines.split(' ').forEach((line) => query.append('s', line));
    if (figure.dataset.ahead) query.set('ahead', figure.dataset.ahead);
    const answer = await fetch('/data?' + query);
    if (!answer.ok) return;
    const data = await answer.json();
    if (figure.chart) figure.chart.setData(shape(data)); else draw(figure, data);
  };

  const figures = () => Array.from(document.querySelectorAll('figure.chart'));
  const loadAll = () => Promise.all(figures().map((figure) => load(figure).catch(() => {})));

  // Where the keyboard stands, so that it stands there again in what was brought.
  const named = (it) => it.id || it.getAttribute('href') || it.parentElement.id;
  const replace = (now, next) => {
    const open = Array.from(now.querySelectorAll('details[open]'), (it) => it.id);
    const stood = now.contains(document.activeElement) ? named(document.activeElement) : null;
    for (const it of next.querySelectorAll('details')) it.open ||= open.includes(it.id);
    now.replaceChildren(...next.childNodes);
    if (stood) Array.from(now.querySelectorAll('a, summary, [tabindex]')).find((it) => named(it) === stood)?.focus({ preventScroll: true });
  };

  // Only what says that it is live is replaced, and no form under the reader's hands.
  const refresh = async () => {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    document.title = fresh.title;
    for (const now of document.querySelectorAll('[data-live]')) {
      const next = fresh.getElementById(now.id);
      if (!next || now.querySelector('details.act[open]') || document.activeElement?.closest('form')) continue;
      if (now.innerHTML !== next.innerHTML) replace(now, next);
    }
  };

  // A browser has six connections for all of its tabs: only the one that is looked at listens.
  let waits = false, rounds = 0, news = null;
  const listen = () => {
    news = new EventSource('/live');
    news.addEventListener('round', async () => {
      if (waits) return;
      waits = true;
      rounds += 1;
      try {
        await refresh();
        const every = { '1h': 1, '24h': 6, '7d': 30, '30d': 60 }[figures()[0]?.dataset.range] || 1;
        if (rounds % every === 0) await loadAll();
      } catch { /* the next round tries again */ } finally { waits = false; }
    });
  };
  document.addEventListener('visibilitychange', () => {
    news?.close();
    news = null;
    if (document.hidden) return;
    refresh().catch(() => {});
    listen();
  });

  addEventListener('resize', () => figures().forEach((figure) => {
    if (figure.chart) figure.chart.setSize({ width: figure.querySelector('.plot').clientWidth, height: 170 });
  }));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => figures().forEach((figure) => figure.chart?.redraw()));
  loadAll();
  if (!document.hidden) listen();
})();

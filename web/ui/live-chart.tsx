import './valid-language.ts';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './live-chart.css';

export interface ChartLine {
  name: string;
  colour: 'accent' | 'blue';
  /** Lines of one unit share an axis: the first on the left, the second on the right. */
  unit: string;
  /** Top of the axis; without it the axis follows the values. */
  top?: number;
}

interface LiveChartProps {
  lines: readonly [ChartLine, ChartLine];
  /** Times in seconds, then one column per line. */
  columns: [number[], ...(number | null)[][]];
  windowS: number;
  /** Text alternative of the chart. */
  summary: string;
}

const HEIGHT_PX = 144;
/** For those who cannot tell the colours apart; its legend in live-chart.css is dashed too. Pixels on, pixels off. */
const BLUE_DASH = [5, 3];
const AXIS_FONT = '12px ui-monospace, monospace';

/** A chart of two figures over the last minute or so. */
export function LiveChart({ lines, columns, windowS, summary }: LiveChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef(columns);
  latest.current = columns;

  useEffect(() => {
    const place = holder.current;
    if (!place) return;
    const plot = new uPlot(chartOptions(place, lines, windowS), latest.current, place);
    chart.current = plot;
    const resizes = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT_PX }));
    resizes.observe(place);
    // A canvas keeps the colours that it was drawn with.
    const themes = new MutationObserver(() => plot.redraw());
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      themes.disconnect();
      resizes.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => chart.current?.setData(columns), [columns]);

  return (
    <figure class="live-chart">
      <figcaption class="live-chart__legend">
        {lines.map(({ name, colour, unit }) => (
          <span key={name} class={`live-chart__name live-chart__name--${colour}`}>
            {name}, {unit}
          </span>
        ))}
      </figcaption>
      <div class="live-chart__plot" role="img" aria-label={summary} ref={holder} />
    </figure>
  );
}

function chartOptions(place: HTMLElement, lines: readonly ChartLine[], windowS: number): uPlot.Options {
  const style = getComputedStyle(place);
  // Read whenever the chart is drawn: the person may choose another theme.
  const colour = (name: string) => () => style.getPropertyValue(`--${name}`).trim();
  const grid = { stroke: colour('line'), width: 1 };
  const axis = { stroke: colour('text-soft'), font: AXIS_FONT, ticks: { show: false } };
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { time: false, range: (_plot, _min, max) => [max - windowS, max] },
      ...Object.fromEntries(
        lines.map(({ unit, top }) => [
          unit,
          { range: (_plot: uPlot, _min: number, max: number) => [0, top ?? niceTop(max)] },
        ]),
      ),
    },
    axes: [
      {
        ...axis,
        size: 28,
        gap: 8,
        grid: { show: false },
        splits: (_plot, _axis, _min, max) => [1, 0.75, 0.5, 0.25, 0].map((part) => max - part * windowS),
        values: (_plot, ticks) => ticks.map((tick) => secondsAgo(tick - Math.max(...ticks))),
      },
      ...lines.map(({ unit }, line) => ({
        ...axis,
        scale: unit,
        side: line === 0 ? 3 : 1,
        size: 50,
        splits: (_plot: uPlot, _axis: number, _min: number, max: number) => [0, max / 2, max],
        grid: line === 0 ? grid : { show: false },
      })),
    ],
    series: [
      {},
      ...lines.map(({ name, unit, colour: lineColour }) => ({
        label: name,
        scale: unit,
        stroke: colour(lineColour),
        ...(lineColour === 'blue' && { dash: BLUE_DASH }),
        width: 2,
        points: { show: false },
      })),
    ],
  };
}

function secondsAgo(sinceNowS: number): string {
  const ago = Math.round(sinceNowS);
  return ago === 0 ? 'now' : `${ago} s`;
}

/** Axis tops whose half is a round number too. */
const TOPS = [1, 2, 4, 6, 8, 10];

function niceTop(max: number): number {
  const step = 10 ** Math.floor(Math.log10(Math.max(max, 2)));
  return step * (TOPS.find((top) => top * step >= max) ?? 10);
}

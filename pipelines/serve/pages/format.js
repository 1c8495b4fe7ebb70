// Times, counts and sizes as people read them, in the browser's time zone.
export const none = '\u2014';
const dash = '\u2013', space = '\u00a0';
export const count = n => n.toLocaleString('en').replace(/,/g, '\u202f');
export const counted = (n, one, many) => count(n) + space + (n === 1 ? one : many);

const day = new Intl.DateTimeFormat(undefined, {weekday: 'short', day: 'numeric', month: 'short'});
const longDay = new Intl.DateTimeFormat(undefined, {weekday: 'long', day: 'numeric', month: 'long', year: 'numeric'});
const hour = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'});
const second = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'});
const date = s => new Date(s * 1000);
export const dayOf = s => day.format(date(s));
export const longDayOf = s => longDay.format(date(s));
export const minuteOf = s => hour.format(date(s));
export const timeOf = s => second.format(date(s));
export const momentOf = s => dayOf(s) + ', ' + timeOf(s);

export function rangeOf(from, to) {
  const sameDay = dayOf(from) === dayOf(to);
  if (to - from > 2 * 86400) return dayOf(from) + ' ' + dash + ' ' + dayOf(to);
  const time = to - from < 600 ? timeOf : minuteOf;
  return dayOf(from) + ', ' + time(from) + ' ' + dash + ' ' + (sameDay ? '' : dayOf(to) + ', ') + time(to);
}

const two = value => String(value).padStart(2, '0');
// A time in a video: 1:02:03.4.
export function clock(s, tenths) {
  const unit = tenths ? 10 : 1, rounded = Math.round(s * unit) / unit;
  const whole = Math.floor(rounded + 1e-6), h = Math.floor(whole / 3600);
  return (h ? h + ':' + two(Math.floor(whole / 60) % 60) : String(Math.floor(whole / 60))) + ':' + two(whole % 60) +
    (tenths ? '.' + Math.floor(rounded * 10 + 1e-6) % 10 : '');
}
export function duration(s) {
  if (s < 100) return s.toFixed(s < 10 ? 1 : 0) + space + 's';
  if (s < 5400) return Math.round(s / 60) + space + 'min';
  if (s < 172800) return (s / 3600).toFixed(s < 36000 ? 1 : 0) + space + 'h';
  return Math.round(s / 86400) + space + 'days';
}
export function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) { n /= 1000; ++unit; }
  return (unit && n < 10 ? n.toFixed(1) : Math.round(n)) + space + units[unit];
}
export const nameOf = identity => identity.name || (identity.label || 'identity') + ' ' + identity.number;

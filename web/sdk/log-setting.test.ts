import { afterEach, describe, expect, it, vi } from 'vitest';
import { log, logger } from '../../shared/log.ts';
import { applyLogSetting, chooseSetting } from './log-setting.ts';

describe('the log setting of a page', () => {
  const address = 'https://p2c2r.example/gamer?log=debug#room=r';

  it('is that of the address before that of the storage, and that before the option', () => {
    expect(chooseSetting({ address, stored: 'warn', option: 'info' })).toBe('debug');
    expect(chooseSetting({ address: 'https://p2c2r.example/', stored: 'warn', option: 'info' })).toBe('warn');
    expect(chooseSetting({ address: undefined, stored: null, option: 'info' })).toBe('info');
    expect(chooseSetting({ address: undefined, stored: null, option: undefined })).toBe('off');
  });

  it('ignores words that are no setting', () => {
    const nonsense = { address: 'https://p2c2r.example/?log=loud', stored: 'yes', option: undefined };
    expect(chooseSetting(nonsense)).toBe('off');
  });
});

describe('the console', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    applyLogSetting();
  });

  it('shows each line from the level that was asked for, once, however many clients applied it', () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    applyLogSetting('warn');
    applyLogSetting('warn');
    logger('test').info('quiet');
    logger('test').warn('loud', { cause: 'late' });
    expect(info).not.toHaveBeenCalled();
    expect(warn.mock.calls.map(([text]) => String(text).replace(/\d\d:\S+ /, ''))).toEqual([
      'p2c2r warn test loud cause=late',
    ]);
  });

  it('shows nothing unless asked, but the line is kept', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    applyLogSetting();
    logger('test').error('kept');
    expect(error).not.toHaveBeenCalled();
    expect(log.lines.at(-1)?.event).toBe('kept');
  });
});

// Levels of do-not-disturb by their documented names, with the SDKs' numbers.

const LEVELS = { all_message: -1, none: 0, mention: 1, mention_users: 2, mention_all: 4, blocked: 5 };

export const levelNumber = (name) => LEVELS[name];

export const levelName = (number) =>
  Object.keys(LEVELS).find((name) => LEVELS[name] === number) ?? 'none';

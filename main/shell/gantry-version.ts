import manifest from '../../package.json' with { type: 'json' };

export const gantryVersion: string = manifest.version;

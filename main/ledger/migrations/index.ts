import { firstLedger } from './0001-first-ledger.ts';
import { releaseImages } from './0002-release-images.ts';
import { pins } from './0003-pins.ts';
import { imagePlaces } from './0004-image-places.ts';
import type { Migration } from './migration.ts';

/** In order, without gaps, never edited once released: a change is a new file at the end. */
export const migrations: readonly Migration[] = [firstLedger, releaseImages, pins, imagePlaces];

import * as z from 'zod';

// Zod asks whether it may compile its parsers as soon as a schema is made, and the asking itself breaks the CSP. So this
// is imported before any schema is.
z.config({ jitless: true });

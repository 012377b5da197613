export * from '../../stores/routes/router.ts';

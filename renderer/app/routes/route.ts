export * from '../../stores/routes/route.ts';

export * from '../../stores/routes/use-route.tsx';

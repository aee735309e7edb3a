import next from 'eslint-config-next/core-web-vitals';
import typescript from 'eslint-config-next/typescript';

const config = [
    {
        ignores: [
            '.next/**',
            'node_modules/**',
            'next-env.d.ts',
            'src/api/schema.d.ts',
            'playwright-report/**',
            'test-results/**',
        ],
    },
    ...next,
    ...typescript,
    {
        rules: {
            'no-console': 'error',
            eqeqeq: 'error',
            '@typescript-eslint/no-explicit-any': 'error',
            '@typescript-eslint/no-non-null-assertion': 'error',
            // What the browser may not load must not be written either.
            'react/forbid-dom-props': ['error', { forbid: ['style'] }],
            'react/no-danger': 'error',
        },
    },
];

export default config;

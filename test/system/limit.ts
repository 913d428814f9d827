import { jest } from '@jest/globals'
import { patiently } from './agent/patience.ts'

/** Of a test, and of what is done before and after: for what hangs. What is waited for has limits of its own, which say what was not so. */
jest.setTimeout(patiently(300_000))

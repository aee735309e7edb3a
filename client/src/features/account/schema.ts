import { z } from 'zod';

/** The same rules as the service's, which decides. */
const MIN_PASSWORD = 8;
const MAX_PASSWORD = 128;

const email = z
  .string()
  .trim()
  .min(1, 'required')
  .max(254, 'tooLong')
  .regex(/^[^\s@]+@[^\s@]+$/, 'email');
const password = z.string().min(MIN_PASSWORD, 'passwordShort').max(MAX_PASSWORD, 'tooLong');
const name = z.string().trim().min(1, 'required').max(80, 'tooLong');

export const signInSchema = z.object({
  email,
  password: z.string().min(1, 'required').max(MAX_PASSWORD, 'tooLong'),
});
export const signUpSchema = z.object({ name, email, password });
export const nameSchema = z.object({ name });
export const passwordSchema = z.object({
  currentPassword: z.string().min(1, 'required').max(MAX_PASSWORD, 'tooLong'),
  newPassword: password,
});

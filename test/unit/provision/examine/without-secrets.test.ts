import { withoutSecrets } from '../../../../src/provision/examine/without-secrets.ts'

const SECRET = 'S3cretMarker'

it.each([
  ['an option', `dockerd --password ${SECRET} --debug`],
  ['an option with a sign', `weave launch --password=${SECRET} 192.0.2.1`],
  ['JSON', `{"password": "${SECRET}", "a": 1}`],
  ['JSON in JSON', JSON.stringify({ text: JSON.stringify({ registryToken: SECRET }) })],
  ['YAML', `cluster_secret: ${SECRET}\n`],
  ['an address', `https://ann:${SECRET}@registry.example/v2`],
  ['a private key', `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`],
  [
    'a key in a JSON text',
    JSON.stringify({ pem: `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----` }),
  ],
  ['a vault', `$ANSIBLE_VAULT;1.1;AES256\n${SECRET}\n`],
])('a secret in %s is taken out', (_, text) => {
  expect(withoutSecrets(text)).not.toContain(SECRET)
})

it('the admission key is taken out wherever it stands', () => {
  expect(withoutSecrets(`x ${'ab'.repeat(32)} y`)).toBe('x (taken out) y')
})

it('the rest stays', () => {
  const text = '{"host": "web1", "address": "10.2.0.1/16", "isLocked": false, "wrong password": 3}'
  expect(withoutSecrets(text)).toContain('"address": "10.2.0.1/16"')
})

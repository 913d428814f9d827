import { InvalidArgumentError, Option } from 'commander'

/** One inventory, because the lock file lies beside it: of two, it would be unclear which one's numbers hold. */
export function inventoryOption(): Option {
  return new Option('-i, --inventory <path>', 'inventory file or folder, as Ansible knows it')
    .argParser((path: string, former: string | undefined) => {
      if (former === undefined) return path
      throw new InvalidArgumentError('Give one inventory; several sources can be files of one folder.')
    })
    .makeOptionMandatory()
}

/** Whether what shows the text in one line, as a table or a terminal does, would do something else with it. */
export function hasControlCharacters(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

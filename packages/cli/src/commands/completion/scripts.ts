/** The scripts: each hands the words so far to `odradek __complete` and offers what it prints, `value<TAB>description` a line; `:file` asks for files. */

export const shells = ['bash', 'zsh', 'fish'] as const

const bash = `# bash completion of odradek; load it with: source <(odradek completion bash)
_odradek() {
  local line="\${COMP_LINE:0:COMP_POINT}" current reply prefix value rest
  local -a words
  # Not COMP_WORDS, which bash splits at = and : as well.
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  reply="$("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)" || return 0
  if [[ $reply == ':file' ]]; then
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$current"))
    compopt -o filenames 2>/dev/null
    return 0
  fi
  # What stands before the last = or : is no part of the word that bash replaces.
  prefix="\${current%"\${current##*[=:]}"}"
  while IFS=$'\\t' read -r value rest; do
    [[ -n $value && $value == "$current"* ]] && COMPREPLY+=("\${value#"$prefix"}")
  done <<< "$reply"
  return 0
}
complete -F _odradek odradek
`

const zsh = `#compdef odradek
# zsh completion of odradek; load it with: source <(odradek completion zsh)
_odradek() {
  local line
  local -a reply found
  reply=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $reply[1] == ':file' ]]; then
    _files
    return
  fi
  for line in $reply; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -V odradek found
}
compdef _odradek odradek
`

const fish = `# fish completion of odradek; save it as ~/.config/fish/completions/odradek.fish
function __odradek_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l reply ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
  if test "$reply[1]" = ':file'
    __fish_complete_path "$current"
  else
    printf '%s\\n' $reply
  end
end
complete -c odradek -e
complete -c odradek -f -a '(__odradek_complete)'
`

export const completionScripts: Readonly<Record<(typeof shells)[number], string>> = { bash, zsh, fish }

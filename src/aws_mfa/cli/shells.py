"""
What completion scripts need beside what shtab writes: the names of profiles, and the command behind `exec PROFILE --`.

A name is text of a file, which no shell may run: the functions get it from `aws-mfa completion profiles`, compare it,
and quote it. zsh and fish quote what they insert.
"""

from __future__ import annotations

SHELLS = BASH, ZSH, FISH, POWERSHELL = ("bash", "zsh", "fish", "powershell")

PROFILES = {**dict.fromkeys(SHELLS, "_aws_mfa_profiles"), FISH: "(command aws-mfa completion profiles 2>/dev/null)"}
COMMANDS = {ZSH: "_aws_mfa_command", FISH: "(_aws_mfa_command)"}  # bash: `_aws_mfa` does it

BEFORE = {
    BASH: r"""
_aws_mfa_profiles() {
  local name typed=${COMP_WORDS[COMP_CWORD]} mark=
  case $typed in [\'\"]*) mark=${typed:0:1} typed=${typed:1} ;; esac
  while IFS= read -r name; do
    name=${name%$'\r'}
    case $mark in
      \') name=${name//\'/\'\\\'\'} ;;
      \") [[ $name == *['$`\"!']* ]] && continue ;;
      *) printf -v name %q "$name" ;;
    esac
    [[ $name == "$typed"* ]] && printf '%s\n' "$name"
  done < <(command aws-mfa completion profiles 2>/dev/null)
}""",
    ZSH: r"""
_aws_mfa_profiles() {
  local -a names=(${(f)"$(command aws-mfa completion profiles 2>/dev/null)"})
  _wanted profiles expl profile compadd -a names
}
_aws_mfa_command() {
  [[ $words[1] == -- ]] && { shift words; (( CURRENT-- )) }
  _normal
}""",
    FISH: r"""
function _aws_mfa_command
  set -l words (commandline -opc)
  set -l at (contains -i -- -- $words[4..])
  and complete -C (string join ' ' -- (string escape -- $words[(math $at + 4)..]) (commandline -ct))
end""",
    POWERSHELL: r"""
function _aws_mfa_profiles {
  param([string]$WordToComplete)
  $typed = $WordToComplete -replace '^[''"]', ''
  @(& aws-mfa completion profiles 2>$null) | Where-Object { $_.StartsWith($typed, 'OrdinalIgnoreCase') } |
    ForEach-Object { $quoted = "'" + ($_ -replace "['\u2018-\u201b]", '$0$0') + "'"
      if ($_ -match '^[\w.][\w./+:-]*$') { $_ } else { $quoted } }
}""",
}

# bash splits words at `:`, `=` and `@` too, and replaces only what follows the last of them.
AFTER = r"""
_aws_mfa() {
  local i n=0 gap word rest=$COMP_LINE breaks=${COMP_WORDBREAKS//[^:=@]/} all=("${COMP_WORDS[@]}") last=$COMP_CWORD
  for ((i = 3; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -- ]] && declare -F _command_offset >/dev/null && { _command_offset $((i + 1)); return; }
  done
  local COMP_WORDS=() COMP_CWORD
  for ((i = 0; i <= last; i++)); do
    word=${all[i]} gap=${rest%%[![:blank:]]*}
    rest=${rest#"$gap"} rest=${rest#"$word"}
    if [[ $i = 0 || -n $gap ]]; then COMP_WORDS[n++]=$word
    elif [[ $word == = && ${COMP_WORDS[n-1]} == --* ]]; then COMP_WORDS[n++]=
    else COMP_WORDS[n-1]+=$word
    fi
  done
  COMP_CWORD=$((n - 1)) word=${COMP_WORDS[n-1]}
  _shtab_aws_mfa
  [[ -n $breaks && $word == *["$breaks"]* && $word != [\'\"]* ]] || return 0
  word=${word%"${word##*["$breaks"]}"}
  for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"${word%@}"}; done
}
complete -o default -F _aws_mfa aws-mfa
"""

function __licseal_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l candidates (licseal __complete $words[2..] "$current" 2>/dev/null)
	if set -q candidates[1]
		printf '%s\n' $candidates
	else
		__fish_complete_path "$current"
	end
end
complete -c licseal -f -a '(__licseal_complete)'

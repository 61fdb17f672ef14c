Register-ArgumentCompleter -Native -CommandName licseal, licseal.exe -ScriptBlock {
	param($current, $line, $cursor)
	$words = @($line.CommandElements | Select-Object -Skip 1 |
		Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString() })
	if ($current -eq '') { $current = '""' } # an empty argument would be dropped
	licseal __complete @words $current 2>$null | ForEach-Object {
		[System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
	}
}

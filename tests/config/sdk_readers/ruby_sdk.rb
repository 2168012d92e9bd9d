# Prints what the Ruby SDK reads in the files of each folder in ARGV[0].
require 'aws-sdk-core'

def found
  yield || '-'
rescue Aws::Errors::NoSuchProfileError
  '-'
end

Dir.children(ARGV[0]).sort.each do |name|
  files = Aws::SharedConfig.new(
    credentials_path: File.join(ARGV[0], name, 'credentials'), config_path: File.join(ARGV[0], name, 'config'),
    profile_name: 'ann', config_enabled: true
  )
  puts [name, found { files.credentials&.access_key_id }, found { files.region }].join(' ')
end
